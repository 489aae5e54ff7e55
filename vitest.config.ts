import { defineConfig } from 'vitest/config'
import { ensureKernels } from './scripts/bootstrap/kernels.mjs'

await ensureKernels()

export default defineConfig({
  test: {
    include: [
      '{shared,coordinator,client}/src/**/*.test.ts',
      'e2e/{world,fuzz,soak,simulator,experiments,bench}/**/*.test.ts',
    ],
    testTimeout: 30_000,
  },
})
