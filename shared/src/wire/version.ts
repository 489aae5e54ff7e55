/** The version of the wire, agreed in the first message of a connection. */
export const PROTOCOL_VERSION = 1
