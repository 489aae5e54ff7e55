/** The wire's version, agreed in the first message of a connection. */
export const PROTOCOL_VERSION = 1
