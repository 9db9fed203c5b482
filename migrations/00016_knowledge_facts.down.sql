DROP TABLE knowledge.facts;
