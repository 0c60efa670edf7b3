/** The plugin as its tests see it. */
export default class StagePlugin {
  constructor(serverless: object)
  readonly hooks: Readonly<
    Record<'initialize' | 'before:deploy:deploy' | 'after:package:finalize', () => Promise<void>>
  >
}
