/** The version of this library, as manifests carry it; a test keeps it equal to package.json. */
export const MILLRACE_VERSION = '0.1.0'
