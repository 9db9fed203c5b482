DROP FUNCTION public.sha256_hex(TEXT);
DROP FUNCTION public.set_updated_at();
DROP FUNCTION public.validate_agent_metadata(JSONB);
