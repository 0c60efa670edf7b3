/**
 * Plugin of osls: before it packages, bundles every function whose handler is `.build/<name>/index.handler` from its entry in
 * functions/entries/, builds the layers of serverless.yml, and hands osls finished archives, so that it neither walks the project
 * nor zips.
 */
export default class BuildPlugin {
  constructor(serverless, options, { log, progress }) {
    this.serverless = serverless
    this.service = serverless.service
    this.log = log
    this.progress = progress
    this.hooks = {
      'before:package:createDeploymentArtifacts': () =>
        this.build(Object.keys(this.service.functions), Object.keys(this.service.layers ?? {})),
      'before:package:function:package': () => this.build([options.function], []),
      'before:package:compileLayers': () => this.packageWithoutCredentials(),
    }
  }

  async build(functions, layers) {
    const { buildFunctions, buildLayer, pack, architectureOf, BUILD } = await loadBuild()
    const architecture = architectureOf(this.service.provider.architecture ?? 'x86_64')
    const archiveOf = name => `${this.serverless.serviceDir}/.serverless/${name}.zip`
    const bundles = functions.map(name => [name, bundleOf(name, this.service.functions[name])])
    const step = this.progress.create({ message: `Bundling ${functions.length} functions` })
    try {
      await buildFunctions([...new Set(bundles.map(([, bundle]) => bundle))])
      for (const [name, bundle] of bundles) {
        const declared = this.service.functions[name]
        const artifact = await pack(`${BUILD}/${bundle}`, archiveOf(name), `.build/${bundle}/`)
        declared.package = { ...declared.package, artifact }
      }
      for (const name of layers) {
        step.update(`Building the layer ${name}`)
        const folder = await buildLayer(name, architecture)
        this.service.layers[name].package = { artifact: await pack(folder, archiveOf(`layer-${name}`)) }
      }
    } finally {
      step.remove()
    }
    this.log.notice(`Bundled ${functions.length} functions and ${layers.length} layers for ${architecture}`)
  }

  /** osls asks CloudFormation whether a layer has changed, also when it only packages. Without credentials there is nothing to compare with. */
  packageWithoutCredentials() {
    for (const plugin of this.serverless.pluginManager.plugins) {
      const compare = plugin.compareWithLastLayer
      if (compare === undefined) continue
      plugin.compareWithLastLayer = async name => {
        try {
          await compare.call(plugin, name)
        } catch (error) {
          if (error.code !== 'AWS_CREDENTIALS_NOT_FOUND') throw error
        }
      }
    }
  }
}

function bundleOf(name, { handler }) {
  const bundle = /^\.build\/([A-Za-z0-9]+)\/index\.handler$/.exec(handler ?? '')?.[1]
  if (bundle !== undefined) return bundle
  throw new Error(`function ${name}: handler "${handler}" is not of the form .build/<name>/index.handler`)
}

/** The build is TypeScript that Node runs as it is, from 22.18 on. */
async function loadBuild() {
  if (process.features.typescript) return import('./build.ts')
  throw new Error(
    `packaging needs Node 24, this is ${process.version}; run npx serverless inside the project`,
  )
}
