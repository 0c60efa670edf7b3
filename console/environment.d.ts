declare module 'virtual:state-graphs' {
  import type { StateGraph } from './data/state-graph.ts'

  const graphs: Readonly<Record<string, StateGraph>>
  export default graphs
}

declare module '*.css'

declare module '*.svg' {
  const address: string
  export default address
}
