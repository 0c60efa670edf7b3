import { describe, expect, it } from 'vitest'
import { LAMBDA_ERRORS, withLambdaErrors } from '../../deploy/generate/lambda-errors.ts'

const machine = (...errors: readonly string[]) =>
  `      "Retry": [\n        {\n          "ErrorEquals": [\n${errors.map(error => `            "${error}"`).join(',\n')}\n          ],\n          "MaxAttempts": 6\n`

describe('errors of Lambda that are tried again', () => {
  it('are written out wherever one of them is listed, and nothing else is changed', () => {
    expect(withLambdaErrors(machine('overloaded', 'Lambda.SdkClientException', 'States.Timeout'))).toBe(
      machine('overloaded', ...LAMBDA_ERRORS, 'States.Timeout'),
    )
    const others = machine('StepFunctions.ThrottlingException', 'States.Timeout')
    expect(withLambdaErrors(others)).toBe(others)
  })

  it('stay as they are once they are all there', () => {
    const whole = withLambdaErrors(machine('Lambda.Unknown'))
    expect(withLambdaErrors(whole)).toBe(whole)
  })
})
