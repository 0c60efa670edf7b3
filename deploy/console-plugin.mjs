/** Plugin of osls: once a stack with a console is deployed, writes the console's files into its bucket (deploy/console/upload.ts). */
export default class ConsolePlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless
    this.log = log
    this.hooks = {
      'before:deploy:deploy': () => this.read(),
      'after:deploy:deploy': () => this.upload(),
    }
  }

  /** Before anything is deployed: a console that has not been built stops it. */
  async read() {
    const { Console } = this.serverless.service.resources?.Parameters ?? {}
    if (Console?.Default !== 'true') return
    const { consoleObjects } = await import('./console/upload.ts')
    this.objects = await consoleObjects()
  }

  async upload() {
    if (this.objects === undefined) return
    const { uploadConsole } = await import('./console/upload.ts')
    const provider = this.serverless.getProvider('aws')
    const asked = { StackName: provider.naming.getStackName(), LogicalResourceId: 'ConsoleBucket' }
    const found = await provider.request('CloudFormation', 'describeStackResource', asked)
    const Bucket = found.StackResourceDetail.PhysicalResourceId
    await uploadConsole(this.objects, object => provider.request('S3', 'putObject', { Bucket, ...object }))
    this.log.notice(`Console: ${this.objects.length} files in ${Bucket}`)
  }
}
