CREATE TABLE knowledge.facts (
  fact_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  entity_type VARCHAR(100) NOT NULL,
  entity_id VARCHAR(255) NOT NULL,

  predicate VARCHAR(255) NOT NULL,
  object_value JSONB NOT NULL,
  object_type VARCHAR(50) NOT NULL,

  source_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  confidence_score DECIMAL(3, 2),
  evidence JSONB NOT NULL DEFAULT '{}',

  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  valid_from TIMESTAMPTZ NOT NULL DEFAULT now(),
  valid_until TIMESTAMPTZ,

  CONSTRAINT valid_entity_type CHECK (length(entity_type) > 0),
  CONSTRAINT valid_entity_id CHECK (length(entity_id) > 0),
  CONSTRAINT valid_predicate CHECK (length(predicate) > 0),
  CONSTRAINT valid_confidence_score CHECK (confidence_score BETWEEN 0.0 AND 1.0),
  CONSTRAINT valid_validity_period CHECK (valid_until IS NULL OR valid_until > valid_from)
);

CREATE INDEX idx_knowledge_facts_predicate ON knowledge.facts (predicate, created_at);
CREATE INDEX idx_knowledge_facts_source ON knowledge.facts (source_agent_id, created_at);
CREATE INDEX idx_knowledge_facts_validity ON knowledge.facts (valid_from, valid_until);
CREATE INDEX idx_knowledge_facts_confidence ON knowledge.facts (confidence_score DESC, created_at);
CREATE INDEX idx_knowledge_facts_object_gin ON knowledge.facts USING gin (object_value);
CREATE INDEX idx_knowledge_facts_entity_predicate
  ON knowledge.facts (entity_type, entity_id, predicate, valid_from, valid_until);
-- The start of a text only: a tsvector holds at most a mebibyte, and an index must not refuse a long fact.
CREATE INDEX idx_knowledge_facts_text_search
  ON knowledge.facts USING gin (to_tsvector('english', left(object_value ->> 'text_content', 200000)))
  WHERE object_type = 'text';

CREATE TRIGGER set_updated_at BEFORE UPDATE ON knowledge.facts
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

COMMENT ON TABLE knowledge.facts IS 'What agents found out: an entity, a predicate and an object';
COMMENT ON COLUMN knowledge.facts.fact_id IS 'The fact';
COMMENT ON COLUMN knowledge.facts.entity_type IS 'What kind of thing it is about';
COMMENT ON COLUMN knowledge.facts.entity_id IS 'Which thing it is about';
COMMENT ON COLUMN knowledge.facts.predicate IS 'What is said about it';
COMMENT ON COLUMN knowledge.facts.object_value IS 'The value that is said; for text, an object with text_content';
COMMENT ON COLUMN knowledge.facts.object_type IS 'What kind of value it is; text is searchable';
COMMENT ON COLUMN knowledge.facts.source_agent_id IS 'The agent that found it out, if one did';
COMMENT ON COLUMN knowledge.facts.confidence_score IS 'How sure it is, from 0 to 1; NULL when nobody said';
COMMENT ON COLUMN knowledge.facts.evidence IS 'What it rests on';
COMMENT ON COLUMN knowledge.facts.created_at IS 'When it was written down';
COMMENT ON COLUMN knowledge.facts.updated_at IS 'When the row was last changed; kept by trigger';
COMMENT ON COLUMN knowledge.facts.valid_from IS 'From when on it is true';
COMMENT ON COLUMN knowledge.facts.valid_until IS 'Until when it is true; NULL for as far as is known';

GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge.facts TO app_primary;
GRANT SELECT ON knowledge.facts TO app_replica, app_background, app_analytics, app_readonly;
