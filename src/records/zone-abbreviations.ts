/**
 * Offsets in minutes that a zone abbreviation can mean, the most usual meaning first. From the abbreviations of the IANA
 * time zone database, and those that RFC 2822 and PostgreSQL's default set name.
 */
export const ABBREVIATIONS: Readonly<Record<string, readonly number[]>> = {
  Z: [0], UTC: [0], UT: [0], GMT: [0], WET: [0], WEST: [60], CET: [60], CEST: [120], MET: [60], MEST: [120],
  EET: [120], EEST: [180], MSK: [180], MSD: [240], TRT: [180], BST: [60, 360], IST: [330, 60, 120], IDT: [180],
  SAST: [120], WAT: [60], CAT: [120], EAT: [180], GST: [240, -120], PKT: [300], NPT: [345], MMT: [390], WIB: [420], ICT: [420],
  WITA: [480], WIT: [540], SGT: [480], HKT: [480], PHT: [480], AWST: [480], JST: [540], KST: [540], ACST: [570], ACDT: [630],
  AEST: [600], AEDT: [660], CHST: [600], NZST: [720], NZDT: [780], NST: [-210], NDT: [-150],
  AST: [-240, 180], ADT: [-180], EST: [-300], EDT: [-240], CST: [-360, 480, -300], CDT: [-300, -240], MST: [-420], MDT: [-360],
  PST: [-480, 480], PDT: [-420], AKST: [-540], AKDT: [-480], HST: [-600], HDT: [-540], SST: [-660],
  BRT: [-180], BRST: [-120], ART: [-180], CLT: [-240], CLST: [-180], COT: [-300], PET: [-300], VET: [-240], UYT: [-180],
};
