/** Iceberg's names for them: whoever reads the catalog looks for these. */
export const TABLES = 'iceberg_tables'
export const NAMESPACES = 'iceberg_namespace_properties'

/**
 * The tables of Iceberg's JDBC catalog, in its schema version 1, as org.apache.iceberg.jdbc.JdbcUtil makes
 * them and pyiceberg's SqlCatalog reads them.
 *
 * @param at qualifies a name
 * @param reader a role that may read them
 */
export function createTables(at: (table: string) => string, reader: string | undefined): string {
  const granted =
    reader === undefined ? '' : `;\nGRANT SELECT ON ${at(TABLES)}, ${at(NAMESPACES)} TO ${reader}`
  return `CREATE TABLE IF NOT EXISTS ${at(TABLES)} (
  catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
  metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
  PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE IF NOT EXISTS ${at(NAMESPACES)} (
  catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,
  property_key VARCHAR(255), property_value VARCHAR(1000),
  PRIMARY KEY (catalog_name, namespace, property_key))${granted}`
}
