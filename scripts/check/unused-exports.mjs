/**
 * Dead code: exports that nothing imports, and source files that nothing reaches.
 *
 * An export counts as used when another file imports it by name, or imports its whole module
 * (`import * as`, `import()`, `export *`). Tests are no use of what is shipped: what only tests
 * import carries the tag `@public` in its comment, with the reason. A type that its own file uses
 * may be exported without an importer: it is part of a signature.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { filesUnder } from '../bootstrap/fingerprint.mjs'
import { inRoot } from '../bootstrap/root.mjs'

const SOURCES = [
  'shared/src',
  'coordinator/src',
  'client/src',
  'client/index.html',
  'client/operator.html',
  'e2e',
  'scripts',
]
const isSource = (file) => /\.(ts|mjs|svelte|html)$/.test(file) && !file.endsWith('.d.ts')
const isTest = (file) => /\.(test|contract|e2e)\.ts$|\/testing\/|^e2e\/tests\//.test(file)
/** Started by a person, by Node or by a page, not by an import. */
const isEntry = (file) =>
  /\/src\/main\.ts$|^coordinator\/src\/evaluation\/worker\.ts$|^scripts\/|\.html$|\.config\.ts$|^e2e\/[^/]+\.ts$/.test(
    file,
  )

/** The scripts of a Svelte component or a page, as one TypeScript text; a .ts file as it is. */
function scriptOf(file, text) {
  if (file.endsWith('.svelte')) {
    return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1]).join('\n')
  }
  if (!file.endsWith('.html')) return text
  return [...text.matchAll(/<script[^>]*\bsrc="\/([^"]+)"/g)]
    .map((m) => `import './${m[1]}'`)
    .join('\n')
}

/** Path of the repository's file that a specifier names, undefined for a package. */
function resolve(specifier, from) {
  const bare = specifier.split('?')[0]
  const shared = /^@quorate\/shared\/(.+)$/.exec(bare)
  if (shared) return `shared/src/${shared[1]}.ts`
  if (!bare.startsWith('.')) return undefined
  const path = normalize(join(dirname(from), bare))
  return [path, `${path}.ts`, path.replace(/\.js$/, '.ts')].find(
    (p) => /\.\w+$/.test(p) && existsSync(inRoot(p)),
  )
}

/** @returns {{exports: {name: string, line: number, isPublic: boolean, ownUse: boolean}[],
 *   imports: {from: string, names: string[]}[]}} names ['*'] stands for the whole module */
function parse(file) {
  const text = scriptOf(file, readFileSync(inRoot(file), 'utf8'))
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const exports = []
  const imports = []
  const addImport = (literal, names) => {
    const from = literal && ts.isStringLiteralLike(literal) && resolve(literal.text, file)
    if (from) imports.push({ from, names })
  }
  const addExport = (nameNode, node, isType = false) => {
    const name = nameNode.text
    const ownUse = isType && [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1
    const isPublic = ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'public')
    const line = source.getLineAndCharacterOfPosition(nameNode.getStart()).line + 1
    exports.push({ name, line, isPublic, ownUse })
  }
  const isExported = (node) =>
    node.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) &&
    !node.modifiers.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)

  for (const node of source.statements) {
    if (ts.isImportDeclaration(node)) addImport(node.moduleSpecifier, namesOf(node.importClause))
    else if (ts.isExportDeclaration(node)) {
      const named = node.exportClause && ts.isNamedExports(node.exportClause)
      const elements = named ? [...node.exportClause.elements] : []
      if (node.moduleSpecifier) {
        addImport(
          node.moduleSpecifier,
          named ? elements.map((e) => (e.propertyName ?? e.name).text) : ['*'],
        )
      }
      for (const element of elements) addExport(element.name, node)
    } else if (isExported(node)) {
      if (ts.isVariableStatement(node)) {
        for (const name of bindingNames(node.declarationList.declarations)) addExport(name, node)
      } else
        addExport(
          node.name,
          node,
          ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node),
        )
    }
  }
  const visit = (node) => {
    const [first] = node.arguments ?? []
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      addImport(first, ['*'])
    // new URL('./worker.ts', import.meta.url): how workers are named
    if (ts.isNewExpression(node) && node.expression.getText() === 'URL') addImport(first, [])
    // import('./x.ts').Name in a type
    if (ts.isImportTypeNode(node)) addImport(node.argument.literal, ['*'])
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { exports, imports }
}

function namesOf(clause) {
  const bindings = clause?.namedBindings
  if (bindings && ts.isNamespaceImport(bindings)) return ['*']
  return (bindings?.elements ?? []).map((e) => (e.propertyName ?? e.name).text)
}

function bindingNames(declarations) {
  return declarations.flatMap(({ name }) =>
    ts.isIdentifier(name) ? [name] : bindingNames(name.elements),
  )
}

const files = SOURCES.flatMap((path) => filesUnder(path, isSource))
const modules = new Map(files.map((file) => [file, parse(file)]))
/** file → names that others import from it; '' stands for being reached at all */
const used = new Map(files.map((file) => [file, new Set()]))
for (const [file, { imports }] of modules) {
  for (const { from, names } of imports) {
    if (from === file || (isTest(file) && !isTest(from))) continue
    for (const name of ['', ...names]) used.get(from)?.add(name)
  }
}

const findings = []
for (const [file, { exports }] of modules) {
  const names = used.get(file)
  if (isEntry(file) || names.has('*')) continue
  const isTestFile = /\.(test|e2e)\.ts$/.test(file)
  const left = exports.filter((e) => !names.has(e.name) && !e.isPublic && !e.ownUse)
  for (const { name, line } of left)
    findings.push(`${file}:${line} ${name} is exported, but nothing imports it`)
  const marked = exports.some((e) => e.isPublic)
  if (!names.has('') && !isTestFile && !marked && left.length === 0)
    findings.push(`${file} is reached by nothing`)
}
for (const finding of findings) console.error(finding)
if (findings.length > 0) {
  console.error(
    'Drop `export`, delete the code, or mark it /** @public … */ where only tests use it.',
  )
  process.exitCode = 1
}
