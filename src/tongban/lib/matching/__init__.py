"""Records of two registers that mean one person: candidate pairs by capped blocks, evidence field by field, weights learned, one to one."""
