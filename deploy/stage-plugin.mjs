import { fileURLToPath } from 'node:url'

/** Plugin of osls: refuses, before anything is made, what a deployment would find out half-way or never (deploy/stage.ts). */
export default class StagePlugin {
  constructor(serverless) {
    this.serverless = serverless
    this.service = serverless.service
    this.hooks = {
      initialize: () => this.refuseNames(),
      'before:deploy:deploy': () => this.refuseDeployment(),
      'after:package:finalize': () => this.refuseTemplate(),
    }
  }

  /** What no stage can be called, and what names its resources cannot have. */
  async refuseNames() {
    const { stageProblem, longNames, unheard, ...others } = await loaded('./stage.ts')
    const { tooMuchReserved, withoutAudience, withoutCertificate } = others
    const provider = this.serverless.getProvider('aws')
    const [stage, region] = [provider.getStage(), provider.getRegion()]
    // A suffix is part of all names, as the stage is.
    const { service } = this.service
    const named = this.service.custom?.names?.stack.slice(service.length + 1) ?? stage
    this.refuse([stageProblem({ service, stage: named, region }) ?? []].flat())
    this.refuse(longNames(this.service.resources?.Resources ?? {}))
    await this.refuseParameters(stage)
    const problems = [withoutAudience, withoutCertificate, tooMuchReserved]
    this.refuse(problems.flatMap(problem => problem(this.parameters()) ?? []))
    if (
      this.serverless.processedInput.commands.join(' ') !== 'deploy' ||
      this.serverless.processedInput.options.function
    )
      return
    this.refuse([unheard(stage, this.keepsData(), this.parameters()) ?? []].flat())
  }

  /** Values that the stack does not take, before anything reads them. */
  async refuseParameters(stage) {
    const { parameterProblems } = await loaded('./parameter-problems.ts')
    this.refuse(parameterProblems(this.service.resources?.Parameters ?? {}, stage))
  }

  /** What the stack that is there cannot become. */
  async refuseDeployment() {
    const { changedForLife } = await loaded('./stage.ts')
    this.refuse(changedForLife(await this.deployed(), this.parameters()))
  }

  /** What CloudFormation would refuse as a whole, or half-way (deploy/limits.ts). */
  async refuseTemplate() {
    const { limitProblems } = await loaded('./limits.ts')
    this.refuse(limitProblems(this.service.provider.compiledCloudFormationTemplate))
    await this.refuseRetention()
  }

  /** What contracts keep for too short a time for the parameters. */
  async refuseRetention() {
    const { shortRetention } = await loaded('./short-retention.ts')
    const { loadPipeline } = await loaded('../drivers/pipeline/folder.ts')
    const { latest } = await loadPipeline(fileURLToPath(new URL('../pipeline', import.meta.url)))
    this.refuse(shortRetention(this.parameters(), latest.values()))
  }

  /** The framework shows its own errors without a stack. */
  refuse(problems) {
    const Refusal = this.serverless.classes?.Error ?? Error
    if (problems.length > 0) throw new Refusal(problems.join('\n'), 'TRIBUTARY_STAGE')
  }

  keepsData() {
    return this.service.resources?.Resources?.LakeBucket?.DeletionPolicy !== 'Delete'
  }

  /** Stack parameters as this deployment would have them: osls gives none beside the template's defaults. */
  parameters() {
    const declared = Object.entries(this.service.resources?.Parameters ?? {})
    return Object.fromEntries(declared.map(([name, { Default }]) => [name, Default]))
  }

  /** Parameters of the stack that is there; undefined where there is none yet. */
  async deployed() {
    const provider = this.serverless.getProvider('aws')
    const StackName = provider.naming.getStackName()
    try {
      const { Stacks } = await provider.request('CloudFormation', 'describeStacks', { StackName })
      const given = Stacks[0]?.Parameters ?? []
      return Object.fromEntries(
        given.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
      )
    } catch (error) {
      if (/does not exist/.test(error.message)) return undefined
      throw error
    }
  }
}

/** TypeScript that Node runs as it is, from 22.18 on. */
async function loaded(file) {
  if (process.features.typescript) return import(file)
  throw new Error(
    `packaging needs Node 24, this is ${process.version}; run npx serverless inside the project`,
  )
}
