import { defineConfig, type ReporterDescription } from '@playwright/test'
import { findChromium } from './scripts/bootstrap/chromium.mjs'

const executablePath = findChromium()
const reportFile = process.env.QUORATE_E2E_REPORT
const jsonReport: ReporterDescription[] = reportFile ? [['json', { outputFile: reportFile }]] : []

/** For every browser that a test starts. `--enable-unsafe-webgpu` is for the tests that want it. */
const args = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig({
  testDir: 'e2e/tests',
  testMatch: '**/*.e2e.ts',
  outputDir: 'test-results/e2e',
  timeout: 180_000,
  globalTimeout: 55 * 60_000,
  // Each test starts several browsers that train: two cores hold one such test at a time.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  reporter: [['list'], ...jsonReport],
  use: {
    browserName: 'chromium',
    launchOptions: { args, ...(executablePath ? { executablePath } : {}) },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
