import { openMemoryViews } from '../../../../drivers/views/memory/memory.ts'
import { describeRealTimeViews } from '../../../contracts/views.ts'

describeRealTimeViews('memory', async shapes => ({
  views: openMemoryViews(shapes),
  dispose: () => Promise.resolve(),
}))
