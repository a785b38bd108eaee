/** Length in Unicode characters, as JSON Schema and the AWS API count them. */
export const characters = (text: string): number => text.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '_').length;
