import type { SomeFolders } from '../../../core/ports/lake-folder.ts'
import type { Objects } from '../../../core/ports/objects.ts'
import type { S3Bucket } from './call.ts'
import { copyObject } from './copy.ts'
import { getBytes, getFile } from './download.ts'
import { listFolders, listObjects, removeObjects } from './list.ts'
import { putBytes, putFile } from './upload.ts'

export type { S3Bucket } from './call.ts'

/** The port, and what a lake needs beyond it. */
export type S3Objects = Omit<Objects, 'copy'> & {
  /** As the port's, saving a look when the size is known, in bytes. */
  copy(from: string, to: string, bytes?: number): Promise<void>
  /**
   * Names of the folders directly under a prefix that ends with `/`, sorted. @throws `too_large` as `list`
   */
  folders(prefix: string, some?: SomeFolders): Promise<readonly string[]>
  /** Stores a file of any size, in parts of 16 MiB, four at a time; answers the object's ETag. */
  upload(key: string, file: string): Promise<string>
  /** Writes an object to a file in the same way; answers its ETag. @throws `not_found` */
  download(key: string, file: string): Promise<string>
}

/**
 * Objects in a bucket of Amazon S3, which reads what was written at once and replaces objects whole. S3
 * checks what it receives against a CRC-32; what is downloaded in parts is checked by length and version.
 *
 * @example const objects = createS3Objects({ client: s3, bucket: settings.lake })
 */
export function createS3Objects(s3: S3Bucket): S3Objects {
  return {
    async put(key, content) {
      if ('file' in content) await putFile(s3, key, content.file)
      else await putBytes(s3, key, content)
    },
    get: key => getBytes(s3, key),
    list: (prefix, options) => listObjects(s3, prefix, options),
    remove: keys => removeObjects(s3, keys),
    copy: (from, to, bytes) => copyObject(s3, from, to, bytes),
    folders: (prefix, some) => listFolders(s3, prefix, some),
    upload: (key, file) => putFile(s3, key, file),
    download: (key, file) => getFile(s3, key, file),
  }
}
