/** The name of an object for engines that read S3 themselves. */
export function s3Uri(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`
}
