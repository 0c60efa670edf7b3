import { workerData } from 'node:worker_threads'
import { runThread } from '../../threads/thread-entry.ts'
import type { JudgedClaims } from './claims-ahead.ts'
import { openLane } from './lane.ts'
import type { LaneThreadData } from './lane-thread.ts'
import { publishedClaims } from './published-claims.ts'

const { lane, judged } = workerData as LaneThreadData
const claims = publishedClaims()
judged.on('message', (news: JudgedClaims) => claims.take(news))
await runThread((report, progress) =>
  openLane(lane, claims, { report, progress, onPosition: position => claims.forget(position) }),
)
