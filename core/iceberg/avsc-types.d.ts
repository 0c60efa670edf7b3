declare module 'avsc/etc/browser/avsc-types.js' {
  import type { Type, types } from 'avsc'

  const avsc: { readonly Type: typeof Type; readonly types: typeof types }
  export default avsc
}
