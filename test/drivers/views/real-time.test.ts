import { openMemoryViews } from '../../../drivers/views/real-time.ts'
import { describeRealTimeViews } from '../../contracts/views.ts'

describeRealTimeViews('memory', async shapes => ({
  views: openMemoryViews(shapes),
  dispose: () => Promise.resolve(),
}))
