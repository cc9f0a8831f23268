"""The cards that were issued, and what was reported of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "cards",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("patient", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "uuid", name="pk_cards"),
    )
    op.create_index("ix_cards_tenant_patient", "cards", ["tenant", "patient"])
    op.create_index("ix_cards_tenant_issued_at", "cards", ["tenant", "issued_at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("card", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason_system", sa.String(255)),
        sa.Column("reason_code", sa.String(255)),
        sa.Column("suggestions", sa.Text(), nullable=False),
        sa.Column("commented", sa.Boolean(), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_digest", "feedback", ["digest"], unique=True)
    op.create_index("ix_feedback_tenant_card", "feedback", ["tenant", "card"])


def downgrade() -> None:
    """Take both tables away, with all that they hold."""
    op.drop_table("feedback")
    op.drop_table("cards")
