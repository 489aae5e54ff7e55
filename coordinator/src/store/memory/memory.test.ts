import { blobsContract } from '../blobs.contract.ts'
import { ledgersContract } from '../ledgers.contract.ts'
import { storeContract } from '../store.contract.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { MemoryLedgers } from './memory-ledgers.ts'
import { MemoryStore } from './memory-store.ts'

const nothing = async () => {}

storeContract('memory', async () => {
  const store = new MemoryStore()
  return { store, reopen: async () => store, dispose: nothing }
})

blobsContract('memory', async () => {
  const blobs = new MemoryBlobs()
  return { blobs, reopen: async () => blobs, dispose: nothing }
})

ledgersContract('memory', async () => {
  const ledgers = new MemoryLedgers()
  return { ledgers, reopen: async () => ledgers, dispose: nothing }
})
