/** A state machine in the Amazon States Language, as far as it is read here. */
type Machine = { readonly States: Readonly<Record<string, State>> }
type State = Readonly<Record<string, unknown>>

/**
 * The machine `backfill`, made from `batch`: both work on one epoch a turn, in the same states. It plans with
 * another function, from the range of its input, and gives what its history cannot hold to another run.
 *
 * @param batch text of state-machines/batch.asl.json
 * @returns text of state-machines/backfill.asl.json, as the formatter would write it
 */
export function backfillMachine(batch: string): string {
  const machine = JSON.parse(batch) as Machine
  const { Plan, IsThereWork, RunScripts } = machine.States
  const { Retry, Catch } = RunScripts!
  const [work] = IsThereWork!['Choices'] as readonly object[]
  const parameters = Plan!['Parameters'] as { readonly Payload: object }
  const states = {
    ...machine.States,
    Plan: {
      ...Plan,
      Parameters: {
        FunctionName: `\${PlanBackfillFunctionArn}`,
        Payload: {
          ...parameters.Payload,
          'last.$': '$.done.epoch',
          'input.$': '$.input',
          'plan.$': '$.plan',
          machine: 'backfill',
        },
      },
      ResultSelector: {
        ...(Plan!['ResultSelector'] as object),
        'range.$': '$.Payload.range',
        'after.$': '$.Payload.after',
      },
    },
    IsThereWork: {
      ...IsThereWork,
      Choices: [work, MORE],
    },
    Continue: { ...CONTINUE, Retry, Catch, Next: 'Done' },
  }
  return jsonText({ ...machine, Comment: COMMENT, States: states })
}

const COMMENT =
  'Computes published epochs of a range again from raw data: input { from, to }, ISO instants, or { last }, a duration such as 7d'

const MORE = { Variable: '$.plan.work.more', BooleanEquals: true, Next: 'Continue' }

const CONTINUE = {
  Type: 'Task',
  Comment:
    "An execution holds so much history: the rest of the range is another run's, and batch runs come in between",
  Resource: 'arn:aws:states:::states:startExecution',
  TimeoutSeconds: 60,
  Parameters: {
    StateMachineArn: `\${BackfillStateMachineArn}`,
    Input: {
      'from.$': '$.plan.range.from',
      'to.$': '$.plan.range.to',
      'after.$': '$.plan.after',
      'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
    },
  },
  ResultPath: '$.ignored',
}

const LINE_WIDTH = 110

/** JSON as the formatter writes it: an array of texts on one line where that fits. */
function jsonText(value: unknown): string {
  const spread = JSON.stringify(value, undefined, 2)
  const text = spread.replace(
    /^(.*)\[\n\s*("[^\n]*"(?:,\n\s*"[^\n]*")*)\n\s*\](,?)$/gm,
    (all, before, inner, after) => {
      const line = `${before}[${inner.replace(/,\n\s*/g, ', ')}]${after}`
      return line.length <= LINE_WIDTH ? line : all
    },
  )
  return `${text}\n`
}
