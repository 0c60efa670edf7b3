import type { Static } from 'typebox'
import type * as alerted from '../../core/api/alert-schemas.ts'
import type * as drafted from '../../core/api/draft-schemas.ts'
import type * as event from '../../core/api/event-schemas.ts'
import type * as explained from '../../core/api/explanation-schema.ts'
import type * as keys from '../../core/api/key-schemas.ts'
import type * as lake from '../../core/api/lake-schemas.ts'
import type * as schemas from '../../core/api/schemas.ts'
import type * as judged from '../../core/api/verdict-schemas.ts'

/** What the HTTP API answers: the types of the very schemas that its description is made of. */

export type Health = Static<typeof schemas.Health>
export type Metrics = Static<typeof schemas.Metrics>
export type MetricAnswer = Static<typeof schemas.MetricAnswer>
export type ListedEvents = Static<typeof event.ListedEvents>
export type ListedEvent = Static<typeof event.ListedEvent>
export type Journey = Static<typeof event.Journey>
export type Explanation = Static<typeof explained.Explanation>
export type Alerts = Static<typeof alerted.Alerts>
export type AlertHistory = Static<typeof alerted.AlertHistory>
export type Dashboards = Static<typeof alerted.Dashboards>
export type Keys = Static<typeof keys.Keys>
export type MadeKey = Static<typeof keys.MadeKey>
export type LakeTables = Static<typeof lake.LakeTables>
export type LakeAnswer = Static<typeof lake.LakeAnswer>
export type Contracts = Static<typeof schemas.Contracts>
export type Run = Static<typeof schemas.Run>
export type Runs = Static<typeof schemas.Runs>
export type RejectedEvents = Static<typeof schemas.RejectedEvents>
export type Verdicts = Static<typeof judged.Verdicts>
export type Drafts = Static<typeof drafted.Drafts>
export type DraftRequest = Static<typeof drafted.DraftRequest>
export type Replayed = Static<typeof schemas.Replayed>
