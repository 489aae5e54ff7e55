import { testSeeds } from './seeds.fixture.ts'

// A part of the seeds: test files run side by side.
testSeeds(200, 100)
