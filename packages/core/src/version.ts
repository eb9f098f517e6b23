/** Version of the engine, written into the session_meta lines that it makes. */
export const version = '0.1.0'
