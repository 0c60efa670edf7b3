import { TributaryError } from '../../../core/errors.ts'
import type { DeadLetters } from '../../../core/ports/dead-letters.ts'

/** Dead letters of which the log says that there are some: whoever counts on these records has to know. */
export function reportedDeadLetters(
  { put, list }: DeadLetters,
  report: (failure: TributaryError) => void,
): DeadLetters {
  return {
    list,
    async put(records, failure) {
      await put(records, failure)
      report(
        new TributaryError(
          'corrupt_data',
          `${records.length} records of the stream were given up by ${failure.consumer} (${failure.reason}: ${failure.detail}); ` +
            'they are kept whole in dead-letters/ of the data folder, with the reason',
        ),
      )
    },
  }
}
