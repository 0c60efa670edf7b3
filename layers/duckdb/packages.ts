/**
 * A package of the npm registry with the hash of its archive, as `npm view <name>@<version> dist.integrity`
 * gives it.
 */
export type Pinned = { readonly name: string; readonly version: string; readonly integrity: string }

/** Architectures as Lambda names them. */
export const ARCHITECTURES = ['arm64', 'x86_64'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

/** The same as package.json has: the newest whose binaries the registry has for both architectures. */
const VERSION = '1.5.5-r.5'

/** The JavaScript of DuckDB: the API and what picks the binary. */
export const DUCKDB: readonly Pinned[] = [
  {
    name: '@duckdb/node-api',
    version: VERSION,
    integrity:
      'sha512-ZMX+sel3DjSKbGuQ44Y5Tp5LwYjlJkhB5faKr+9sSMcxixDMSW+8vaTOD1uRDuN9o0udUoCY/XX9PI1haEZuZg==',
  },
  {
    name: '@duckdb/node-bindings',
    version: VERSION,
    integrity:
      'sha512-sR7x91TfBunLqLbdvrcdiPCU+VGEQFPicxh1STZM402fuHW2ituPTAo2bY3IlntsvJShltrKF4R6B+JYPlAPZg==',
  },
]

/** DuckDB itself, for the glibc of Amazon Linux 2023. */
export const BINARIES: Readonly<Record<Architecture, Pinned>> = {
  arm64: {
    name: '@duckdb/node-bindings-linux-arm64',
    version: VERSION,
    integrity:
      'sha512-CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw==',
  },
  x86_64: {
    name: '@duckdb/node-bindings-linux-x64',
    version: VERSION,
    integrity:
      'sha512-kCyq6BXhn6QXfwF8yVdVKriSSHP+rfVWcJ56cG8qZzlOZpxyvT5WGm6jMshxg4ditLlOsHsIN/D47RYrcjXuHQ==',
  },
}
