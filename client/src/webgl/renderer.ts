/** Renderers that compute on the processor: of Chromium, Mesa, Windows and macOS. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software/i

/** Whether a WebGL renderer of this name is an emulation. */
export function isEmulated(renderer: string): boolean {
  return SOFTWARE.test(renderer)
}

/** Who draws for WebGL 2 off the screen, by its own name; null where there is no such WebGL. */
export function webglRenderer(): string | null {
  if (typeof OffscreenCanvas === 'undefined') return null
  const context = new OffscreenCanvas(1, 1).getContext('webgl2')
  if (!context) return null
  // Browsers that do not know the extension tell by the plain name.
  const unmasked = context.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL
  const renderer: unknown = context.getParameter(unmasked ?? context.RENDERER)
  context.getExtension('WEBGL_lose_context')?.loseContext()
  return String(renderer)
}
