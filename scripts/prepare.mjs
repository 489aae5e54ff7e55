/**
 * Runs after `npm install` and `npm ci`: compiles the kernels, so that an editor, tsc and every
 * other tool started by hand finds what the sources import. Left out where only what runs in
 * production was installed, without the compiler.
 */
import { existsSync } from 'node:fs'
import { toolPath } from './bootstrap/command.mjs'
import { ensureKernels } from './bootstrap/kernels.mjs'

if (existsSync(toolPath('assemblyscript'))) await ensureKernels()
