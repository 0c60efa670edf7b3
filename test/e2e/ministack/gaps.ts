const allow = (role: string, action: string) => ({
  Type: 'AWS::IAM::Policy',
  Properties: {
    PolicyName: action.replace(':', '-'),
    Roles: [{ Ref: role }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
    },
  },
})

/**
 * A second stack, with what only the emulator needs. It asks for `dynamodb:BatchExecuteStatement`, an action
 * that IAM does not have, where DynamoDB asks for the statement's own (`dynamodb:PartiQLInsert` and so on),
 * and for `lambda:ListEventSourceMappings` where one mapping is read (`lambda:GetEventSourceMapping`). And it
 * does not know of which stream a shard iterator is, so `kinesis:GetRecords` on that stream is not enough for
 * it.
 */
export const GAPS = JSON.stringify({
  Parameters: { Speed: { Type: 'String' }, Replay: { Type: 'String' } },
  Resources: {
    SpeedStatements: allow('Speed', 'dynamodb:BatchExecuteStatement'),
    ReplayStatements: allow('Replay', 'dynamodb:BatchExecuteStatement'),
    ReplayMapping: allow('Replay', 'lambda:ListEventSourceMappings'),
    ReplayRecords: allow('Replay', 'kinesis:GetRecords'),
  },
})
