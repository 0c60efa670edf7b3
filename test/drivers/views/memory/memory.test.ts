import { createMemoryViews } from '../../../../drivers/views/memory/memory.ts'
import { describeRealTimeViews } from '../../../contracts/views.ts'

describeRealTimeViews('memory', async shapes => ({
  views: createMemoryViews(shapes),
  dispose: () => Promise.resolve(),
}))
