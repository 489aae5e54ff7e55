import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { inRoot } from '../bootstrap/root.mjs'

/**
 * @typedef {{name: string, line: number, isPublic: boolean, ownUse: boolean}} Export
 *   isPublic: tagged `@public`; ownUse: a type or an error class that its own file uses
 * @typedef {{from: string, names: string[]}} Import
 *   from: the repository's file; names: what is taken, ['*'] for the whole module
 */

/**
 * What a source file (.ts, .mjs, .svelte or .html) exports, and imports from the repository.
 *
 * @param {string} file relative to the repository's root
 * @returns {{exports: Export[], imports: Import[]}}
 */
export function moduleFacts(file) {
  const text = scriptOf(file, readFileSync(inRoot(file), 'utf8'))
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const imports = [...source.statements.flatMap(staticImports), ...otherImports(source)].flatMap(
    ({ specifier, names }) => {
      const from = resolve(specifier, file)
      return from ? [{ from, names }] : []
    },
  )
  return { exports: source.statements.flatMap((node) => exportsOf(node, source)), imports }
}

/** The scripts of a Svelte component or a page, as one TypeScript text; a .ts file as it is. */
function scriptOf(file, text) {
  if (file.endsWith('.svelte')) {
    const scripts = [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1])
    // What the markup loads lazily: {#await import('./x.svelte')}.
    const lazy = [...text.matchAll(/\{#await (import\('[^']+'\))/g)].map((m) => m[1])
    return [...scripts, ...lazy].join('\n')
  }
  if (!file.endsWith('.html')) return text
  const sources = [...text.matchAll(/<script[^>]*\bsrc="\/([^"]+)"/g)].map((m) => m[1])
  return sources.map((path) => `import './${path}'`).join('\n')
}

/** Path of the repository's file that a specifier names, undefined for a package. */
function resolve(specifier, from) {
  const bare = specifier.split('?')[0] // Vite's ?worker, ?url
  const [, workspace, module] = /^@quorate\/(shared|coordinator|client)\/(.+)$/.exec(bare) ?? []
  if (workspace) return `${workspace}/src/${module}.ts`
  if (!bare.startsWith('.')) return undefined
  const path = normalize(join(dirname(from), bare))
  const candidates = [path, `${path}.ts`, path.replace(/\.js$/, '.ts')]
  return candidates.find((candidate) => /\.\w+$/.test(candidate) && existsSync(inRoot(candidate)))
}

/** `import … from` and `export … from`. */
function staticImports(node) {
  if (ts.isImportDeclaration(node)) {
    return [{ specifier: node.moduleSpecifier.text, names: namesOf(node.importClause) }]
  }
  if (!ts.isExportDeclaration(node) || !node.moduleSpecifier) return []
  const named = node.exportClause && ts.isNamedExports(node.exportClause)
  const names = named ? node.exportClause.elements.map(nameInSource) : ['*']
  return [{ specifier: node.moduleSpecifier.text, names }]
}

function namesOf(clause) {
  const bindings = clause?.namedBindings
  if (bindings && ts.isNamespaceImport(bindings)) return ['*']
  return (bindings?.elements ?? []).map(nameInSource)
}

/** `a` of `a as b`. */
const nameInSource = (element) => (element.propertyName ?? element.name).text

/** `import('./x.ts')` as a value or a type, and `new URL('./x.ts', …)`, how workers are named. */
function otherImports(source) {
  const found = []
  const add = (literal, names) => {
    if (literal && ts.isStringLiteralLike(literal)) found.push({ specifier: literal.text, names })
  }
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], ['*'])
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'URL') {
      add(node.arguments?.[0], [])
    } else if (ts.isImportTypeNode(node)) {
      add(node.argument.literal, ['*'])
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function exportsOf(node, source) {
  const isPublic = ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'public')
  return exportedNames(node).map((identifier) => ({
    name: identifier.text,
    line: source.getLineAndCharacterOfPosition(identifier.getStart()).line + 1,
    isPublic,
    ownUse: isSignaturePart(node) && countOf(identifier.text, source.text) > 1,
    usedHere: countOf(identifier.text, source.text) > 1,
  }))
}

/** The identifiers that a statement exports; a default export has no name to be imported by. */
function exportedNames(node) {
  if (ts.isExportDeclaration(node)) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause)
    return named ? node.exportClause.elements.map((element) => element.name) : []
  }
  const has = (kind) => node.modifiers?.some((modifier) => modifier.kind === kind)
  if (!has(ts.SyntaxKind.ExportKeyword) || has(ts.SyntaxKind.DefaultKeyword)) return []
  return ts.isVariableStatement(node) ? boundNames(node.declarationList.declarations) : [node.name]
}

function boundNames(declarations) {
  return declarations.flatMap(({ name }) =>
    ts.isIdentifier(name) ? [name] : boundNames(name.elements),
  )
}

function isSignaturePart(node) {
  const isError =
    ts.isClassDeclaration(node) &&
    node.heritageClauses?.some(({ types }) => /Error$/.test(types[0]?.expression.getText() ?? ''))
  return isError || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
}

const countOf = (name, text) => [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length
