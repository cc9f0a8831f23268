"""The records of decisions, chained, and the head of each chain."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "audit_records",
        sa.Column("tenant", sa.String(255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_audit_records"),
    )
    op.create_index(
        "ix_audit_records_tenant_decision_id", "audit_records", ["tenant", "decision_id"], unique=True
    )
    op.create_index("ix_audit_records_tenant_at", "audit_records", ["tenant", "at"])
    op.create_table(
        "audit_heads",
        sa.Column("tenant", sa.String(255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("base_sequence", sa.BigInteger(), nullable=False),
        sa.Column("base_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_audit_heads"),
    )


def downgrade() -> None:
    """Take both tables away, with every record of a decision."""
    op.drop_table("audit_heads")
    op.drop_table("audit_records")
