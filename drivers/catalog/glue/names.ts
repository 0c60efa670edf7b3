/**
 * The part of a table's name that an event type gives: Glue knows lower case, and Athena takes letters,
 * digits and underscores without quotes.
 *
 * @example catalogName('com.shop.order-item') === 'com_shop_order_item'
 */
export function catalogName(type: string): string {
  return type.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')
}
