/**
 * A second stack, with what only the emulator needs: it asks for `dynamodb:BatchExecuteStatement` where DynamoDB asks for the PartiQL
 * statement's own action (`dynamodb:PartiQLInsert` and so on), and IAM has no such action to give a role.
 */
export const GAPS = JSON.stringify({
  Parameters: { Speed: { Type: 'String' }, Replay: { Type: 'String' } },
  Resources: {
    BatchStatements: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'batch-statements',
        Roles: [{ Ref: 'Speed' }, { Ref: 'Replay' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'dynamodb:BatchExecuteStatement', Resource: '*' }],
        },
      },
    },
  },
})
