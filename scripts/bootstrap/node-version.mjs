const NEEDED = { major: 20, minor: 19 }

/** Ends the process with a sentence where Node is older than what the project needs. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)) return
  console.error(
    `Quorate needs Node ${NEEDED.major}.${NEEDED.minor} or newer; this is Node ${version}.\n` +
      'Install a current Node from https://nodejs.org or with your version manager, then try again.',
  )
  process.exit(1)
}
