import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

const TESTS = ['**/*.test.ts', '**/*.contract.ts', '**/testing/**', 'e2e/**']

/** The same for all files, else the project service starts anew for each kind. */
const typed = {
  projectService: {
    // These lie beside no tsconfig.json of their own.
    allowDefaultProject: ['playwright.config.ts', 'vitest.config.ts'],
    defaultProject: 'e2e/tsconfig.json',
  },
  tsconfigRootDir: import.meta.dirname,
  extraFileExtensions: ['.svelte'],
}

const passedIn = 'Time and chance are passed in (clock, random), so that tests can replace them.'
const name = (word) => ({ name: word, message: passedIn })
const property = (object, property) => ({ object, property, message: passedIn })

/** Folders whose code must run under a virtual clock and one seed. */
const pureFolders = {
  files: [
    'shared/src/**/*.ts',
    'coordinator/src/training/**/*.ts',
    'client/src/session/**/*.ts',
    'client/src/mesh/**/*.ts',
  ],
  ignores: [...TESTS, 'shared/src/clock/**', 'shared/src/random/**'],
  rules: {
    'no-restricted-globals': [
      'error',
      {
        globals: ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'].map(name),
        checkGlobalObject: true,
        globalObjects: ['self', 'window', 'globalThis'],
      },
    ],
    'no-restricted-properties': [
      'error',
      property('Math', 'random'),
      property('crypto', 'getRandomValues'),
      property('crypto', 'randomUUID'),
    ],
    'no-restricted-imports': [
      'error',
      {
        paths: [
          ...['node:timers', 'node:timers/promises', 'node:perf_hooks'].map(name),
          {
            name: 'node:crypto',
            importNames: ['randomBytes', 'randomInt', 'randomUUID', 'webcrypto'],
            message: passedIn,
          },
        ],
      },
    ],
  },
}

export default ts.config(
  {
    ignores: [
      ...['**/dist/', '**/test-results/', 'playwright-report/', 'data/', '.bootstrap/'],
      // AssemblyScript has TypeScript's looks, not its types.
      ...['shared/kernels/', '**/*.generated.ts'],
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: { parserOptions: typed },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-undef': 'off', // the compiler knows better
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // A handler or an interface may have to be async without awaiting anything.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { ...typed, parser: ts.parser },
    },
    rules: {
      // `let { a, b = $bindable() } = $props()` must be `let` as a whole.
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
    },
  },
  {
    // shared/tsconfig.json leaves the tests out, so that shipped code sees no Node types.
    files: ['shared/**/*.ts'],
    languageOptions: {
      parserOptions: {
        projectService: false,
        project: './shared/tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    files: TESTS,
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  pureFolders,
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    ...ts.configs.disableTypeChecked,
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: false, program: null, project: false },
    },
    rules: { ...ts.configs.disableTypeChecked.rules, 'no-undef': 'error' },
  },
  { files: ['client/public/*.js'], languageOptions: { globals: globals.browser } },
)
