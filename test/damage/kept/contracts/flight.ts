import flight from '../../../../pipeline/contracts/flight.ts'

export default { ...flight, retention: { raw: '2d', curated: '3d' } }
