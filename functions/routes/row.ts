import * as Type from 'typebox'
import type { Route } from '../../core/api/route.ts'
import type { HttpFunction } from './lambda-function.ts'

/** What the files of this folder are written with. */

/** CPU is proportional to memory: parsing on a whole vCPU answers in half the time for the same price. */
export const WHOLE_CPU = 1769
export const SMALL = 512

/** Functions that answer the routes of a file, by name. */
export type Functions = Readonly<Record<string, HttpFunction>>

/**
 * Functions that one machine has and AWS does not: CloudWatch has the platform's own metrics there, to
 * explain a number takes the lake's engine beside the views (docs/decisions/0080), API Gateway keeps no
 * answer open (0081), statements of people take a process beside the platform (0083), alerts are judged by
 * the one process that knows what all views have applied (0085), and single events are looked for in the
 * stream, the raw lake and the curated one (0087). Secrets of webhooks are in the environment of the one
 * process (0096).
 */
type LocalFunction =
  | 'prometheus'
  | 'explain'
  | 'follow'
  | 'lake'
  | 'alerts'
  | 'dashboards'
  | 'events'
  | 'hooks'

/** The routes of a file, each answered by a function of that file or of one machine alone. */
export type Rows<F extends string> = Readonly<
  Record<string, Route & { readonly function: F | LocalFunction }>
>

export const text = Type.String()

/** Nothing of what is shown is beyond what a caller's key is limited to. */
export const LIMITED = ['types', 'rows'] as const
