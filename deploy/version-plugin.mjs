import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/**
 * Plugin of osls: describes each published version of a function by what it is made of. CloudFormation replaces a version whose
 * description has changed, so that one is published when, and only when, code, layers, configuration or a parameter that the
 * function is told has changed: Lambda refuses to publish the same twice.
 */
export default class VersionPlugin {
  constructor(serverless) {
    this.serverless = serverless
    this.hooks = { 'after:aws:package:finalize:mergeCustomProviderResources': () => this.describeVersions() }
  }

  async describeVersions() {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate
    for (const resource of Object.values(Resources)) {
      if (resource.Type !== 'AWS::Lambda::Version') continue
      const id = resource.Properties.FunctionName.Ref
      resource.Properties.Description = await this.descriptionOf(id, Resources)
    }
  }

  /** A digest of code and configuration, and the values of all parameters that the environment is made of. */
  async descriptionOf(id, resources) {
    const { Code, Tags, ...configuration } = resources[id].Properties
    const layers = (configuration.Layers ?? []).map(({ Ref }) => this.layerNamed(Ref))
    const archives = [this.functionNamed(id).package.artifact, ...layers.map(one => one.package.artifact)]
    const digest = createHash('sha256').update(JSON.stringify(configuration))
    for (const archive of archives) digest.update(await readFile(archive))
    const { Parameters = {}, Conditions = {} } =
      this.serverless.service.provider.compiledCloudFormationTemplate
    const text = JSON.stringify(configuration)
    const conditions = Object.keys(Conditions).filter(name => text.includes(`["${name}",`))
    const said = text + conditions.map(name => JSON.stringify(Conditions[name])).join('')
    const parameters = Object.keys(Parameters).filter(name => said.includes(`{"Ref":"${name}"}`))
    const values = parameters.map(name => `\${${name}}`).join(' ')
    const template = `${digest.digest('hex').slice(0, 16)} ${values}`
    // A list is no text before it is joined.
    const lists = parameters.filter(name => /List/.test(Parameters[name].Type))
    const joined = lists.map(name => [name, { 'Fn::Join': [',', { Ref: name }] }])
    return { 'Fn::Sub': lists.length === 0 ? template : [template, Object.fromEntries(joined)] }
  }

  functionNamed(id) {
    const name = Object.keys(this.serverless.service.functions).find(one => idOf(one) === id)
    return this.serverless.service.functions[name]
  }

  layerNamed(ref) {
    const layers = Object.entries(this.serverless.service.layers)
    return layers.find(([name]) => ref.startsWith(`${capital(name)}LambdaLayer`))[1]
  }
}

const capital = name => name[0].toUpperCase() + name.slice(1)
const idOf = name => `${capital(name)}LambdaFunction`
