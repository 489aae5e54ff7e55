import { defineConfig, type ReporterDescription } from '@playwright/test'
import { CHROMIUM_ARGS } from './e2e/fixtures/chromium.ts'
import { findChromium } from './scripts/bootstrap/chromium.mjs'

const executablePath = findChromium()
const reportFile = process.env.QUORATE_E2E_REPORT
const jsonReport: ReporterDescription[] = reportFile ? [['json', { outputFile: reportFile }]] : []

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
    launchOptions: { args: [...CHROMIUM_ARGS], ...(executablePath ? { executablePath } : {}) },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
