/** Words of both pages. */
export const common = {
  skip: 'Skip to the content',
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  more: (count: string) => `Show ${count} more`,
  created: (when: string) => `Created ${when}`,
  shown: (shown: string, all: string) => `${shown} of ${all}`,
  copied: 'Copied',
  copyFailed: 'The browser did not let the page copy. Select the text and copy it by hand.',
  theme: { toLight: 'Use the light theme', toDark: 'Use the dark theme' },
  connection: {
    connecting: 'Connecting',
    open: 'Live',
    lost: (seconds: number) =>
      seconds > 0 ? `Not live, trying again in ${seconds} s` : 'Not live, trying again',
  },
  runState: {
    created: 'Not started',
    waiting: 'Waiting',
    calibrating: 'Calibrating',
    training: 'Training',
    paused: 'Paused',
    finished: 'Finished',
  },
  backend: {
    webgpu: 'WebGPU',
    webgl: 'WebGL',
    wasm: 'CPU (WebAssembly)',
    cpu: 'CPU (plain)',
    none: 'none yet',
  },
  chart: {
    round: 'round',
    accuracy: 'accuracy',
    loss: 'loss',
    empty: 'The curve begins with the second test of the model.',
    summary: (accuracy: string, loss: string, round: number) =>
      `Accuracy and loss on the test set over the rounds. At round ${round}: accuracy ${accuracy}, loss ${loss}.`,
    summaryEmpty: 'Accuracy and loss on the test set over the rounds. Nothing has been tested yet.',
  },
  errors: {
    network: 'The server did not answer. Check the connection; the page keeps trying.',
    garbled:
      'The server answered something this page does not understand. Reload the page: it may be older than the server.',
  },
} as const
