import { liveFiles, type ManifestFile } from './manifest.ts'

/** So many manifests of one size become one of the next. */
const FACTOR = 16
/** One of so many files is not merged any more: to replace a file in it, all of it is written again. */
const LARGEST = 4096

/**
 * Manifests that the next snapshot is to write as one; none where there are few. Each commit adds a manifest
 * of a file or two. Sixteen of them become one, sixteen of those the next, up to 4,096 files: so the list of
 * a table of n files names at most n / 2,048 manifests and some 45 more, and each file is written again
 * about three times. Only those of one partition spec are merged, and of deleted rows none.
 */
export function manifestsToMerge(manifests: readonly ManifestFile[]): readonly ManifestFile[] {
  const small = manifests.filter(
    each => each.content === 0 && liveFiles(each) < LARGEST && liveFiles(each) > 0,
  )
  const bySize = Map.groupBy(small, each => `${each.partition_spec_id} ${tierOf(liveFiles(each))}`)
  const full = [...bySize.values()].filter(tier => tier.length >= FACTOR).map(fitting)
  return full.find(some => some.length > 1) ?? []
}

/** The smallest of a tier, as many as go into one. */
function fitting(tier: readonly ManifestFile[]): readonly ManifestFile[] {
  const some: ManifestFile[] = []
  let files = 0
  for (const manifest of tier.toSorted((a, b) => liveFiles(a) - liveFiles(b)).slice(0, FACTOR)) {
    files += liveFiles(manifest)
    if (files > LARGEST) break
    some.push(manifest)
  }
  return some
}

const tierOf = (files: number) => Math.floor(Math.log(files) / Math.log(FACTOR) + 1e-9)
