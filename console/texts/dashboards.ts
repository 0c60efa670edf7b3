/** Texts of the page Dashboards, and of pinning a chart. */
export const dashboards = {
  all: 'Dashboards',
  none: 'No dashboard is declared',
  noneNext:
    'Ask a question on the page Metrics and choose Pin: it gives the file to put into pipeline/dashboards.',
  toMetrics: 'Go to Metrics',
  legend:
    'Lines are exact up to the boundary, and dashed where some of a number came after it and is live. Open a chart to change its question, and choose Pin there to add one: dashboards are files in pipeline/dashboards.',
  unknown: (name: string) => `No dashboard is called ${name}`,
  noCharts: 'Your key may read none of its charts.',
  open: 'Open',
  openChart: (title: string) => `Open ${title} on the page Metrics`,
  nothing: 'No events in this range.',
  chart: (title: string) => `${title} over time. The page Metrics has its numbers.`,
  pin: 'Pin',
  pinTitle: 'Pin this chart to a dashboard',
  pinBody:
    'A dashboard is a file of the pipeline, reviewed and deployed with it. This page does not write it: put the text into the file, and start again.',
  dashboard: 'Dashboard',
  fresh: 'a new one',
  file: 'File',
  save: 'Save as a file',
} as const
