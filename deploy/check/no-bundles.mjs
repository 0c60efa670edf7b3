/** Plugin of osls in place of the build plugin where only the template is wanted: every archive is the same empty one. */
export default class NoBundles {
  constructor(serverless) {
    this.serverless = serverless
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.giveArchives(),
      'before:package:compileLayers': () => this.compareNothing(),
    }
  }

  giveArchives() {
    const artifact = `${this.serverless.serviceDir}/empty.zip`
    const { functions, layers } = this.serverless.service
    for (const declared of [...Object.values(functions), ...Object.values(layers)])
      declared.package = { ...declared.package, artifact }
  }

  /** osls asks AWS whether a layer has changed, also when it only packages. */
  compareNothing() {
    for (const plugin of this.serverless.pluginManager.plugins)
      if (plugin.compareWithLastLayer !== undefined) plugin.compareWithLastLayer = async () => undefined
  }
}
