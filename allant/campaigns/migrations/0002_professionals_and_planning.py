import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from allant.schema import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('directory', '0001_initial'),
        ('people', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='InvitationPlan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('programme', models.CharField(max_length=40)),
                    ('as_of', models.DateField()),
                    ('first_week', models.DateField()),
                    ('weeks', models.PositiveSmallIntegerField()),
                    ('rules', models.JSONField(default=dict)),
                    ('computed_at', models.DateTimeField()),
                    ('computed_by', models.CharField(max_length=200)),
                    ('adopted_at', models.DateTimeField(blank=True, null=True)),
                    ('adopted_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ],
                options={
                    'verbose_name': "plan d'invitations",
                    'verbose_name_plural': "plans d'invitations",
                    'ordering': ('-computed_at', '-id'),
                },
            ),
            migrations.CreateModel(
                name='PartnerConsent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                    ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('programme', models.CharField(max_length=40)),
                    ('given_on', models.DateField()),
                    ('recorded_at', models.DateTimeField()),
                    ('recorded_by', models.CharField(max_length=200)),
                    ('withdrawn_on', models.DateField(blank=True, null=True)),
                    ('withdrawn_by', models.CharField(blank=True, default='', max_length=200)),
                ],
                options={
                    'verbose_name': 'accord donné à un partenaire',
                    'verbose_name_plural': 'accords donnés aux partenaires',
                    'ordering': ('organisation', 'programme', 'person'),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_on', None)), fields=('organisation', 'programme', 'person'), name='one_standing_partner_consent'), models.CheckConstraint(condition=models.Q(('withdrawn_on', None), ('withdrawn_on__gte', models.F('given_on')), _connector='OR'), name='partner_consent_withdrawn_later')],
                },
            ),
            migrations.CreateModel(
                name='PlannedShare',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='campaigns.invitationplan')),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.campaign')),
                    ('week', models.DateField()),
                    ('departement_code', models.CharField(max_length=3)),
                    ('invited', models.PositiveIntegerField()),
                    ('waiting', models.PositiveIntegerField()),
                ],
                options={
                    'verbose_name': "part d'un plan",
                    'verbose_name_plural': "parts d'un plan",
                    'ordering': ('plan', 'week', 'departement_code', 'campaign'),
                    'constraints': [models.UniqueConstraint(fields=('plan', 'week', 'departement_code', 'campaign'), name='one_share_a_week')],
                },
            ),
            migrations.CreateModel(
                name='ProfessionalMailing',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(max_length=80, unique=True)),
                    ('title', models.CharField(max_length=200)),
                    ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mailings', to='campaigns.campaign')),
                    ('audience', models.JSONField()),
                    ('sentence', models.TextField()),
                    ('subject', models.CharField(max_length=200)),
                    ('body', models.TextField()),
                    ('reason', models.TextField(blank=True)),
                    ('drafted_at', models.DateTimeField()),
                    ('drafted_by', models.CharField(max_length=200)),
                    ('approved_at', models.DateTimeField(blank=True, null=True)),
                    ('approved_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                    ('recipients', models.PositiveIntegerField(blank=True, null=True)),
                    ('abandoned_at', models.DateTimeField(blank=True, null=True)),
                    ('abandoned_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ],
                options={
                    'verbose_name': 'courrier aux professionnels',
                    'verbose_name_plural': 'courriers aux professionnels',
                    'ordering': ('-drafted_at', '-id'),
                },
            ),
            migrations.CreateModel(
                name='MailingRecipient',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('mailing', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='addressees', to='campaigns.professionalmailing')),
                    ('practitioner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practitioner')),
                    ('organisation', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organisation')),
                ],
                options={
                    'verbose_name': "destinataire d'un courrier",
                    'verbose_name_plural': 'destinataires des courriers',
                    'constraints': [models.UniqueConstraint(fields=('mailing', 'practitioner', 'organisation'), name='one_mail_a_recipient', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', False), ('practitioner', None)), models.Q(('organisation', None), ('practitioner__isnull', False)), _connector='OR'), name='one_kind_of_recipient')],
                },
            ),
            migrations.CreateModel(
                name='ProfessionalMailingEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.professionalmailing')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('id', models.BigIntegerField()),
                    ('slug', models.SlugField(db_index=False, max_length=80)),
                    ('title', models.CharField(max_length=200)),
                    ('campaign', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.campaign')),
                    ('audience', models.JSONField()),
                    ('sentence', models.TextField()),
                    ('subject', models.CharField(max_length=200)),
                    ('body', models.TextField()),
                    ('reason', models.TextField(blank=True)),
                    ('drafted_at', models.DateTimeField()),
                    ('drafted_by', models.CharField(max_length=200)),
                    ('approved_at', models.DateTimeField(blank=True, null=True)),
                    ('approved_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                    ('recipients', models.PositiveIntegerField(blank=True, null=True)),
                    ('abandoned_at', models.DateTimeField(blank=True, null=True)),
                    ('abandoned_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ProfessionalVisit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practitioner')),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='campaigns.campaign')),
                    ('fund_code', models.CharField(max_length=32)),
                    ('listed_at', models.DateTimeField()),
                    ('listed_by', models.CharField(max_length=200)),
                    ('patients_to_vaccinate', models.PositiveIntegerField(default=0)),
                    ('planned_on', models.DateField(blank=True, null=True)),
                    ('visited_on', models.DateField(blank=True, null=True)),
                    ('visited_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                    ('outcome', models.CharField(blank=True, db_default='', default='', max_length=20)),
                    ('ald_list_given', models.BooleanField(db_default=False, default=False)),
                    ('order_form_given', models.BooleanField(db_default=False, default=False)),
                    ('note', models.TextField(blank=True)),
                ],
                options={
                    'verbose_name': 'visite à un professionnel',
                    'verbose_name_plural': 'visites aux professionnels',
                    'ordering': ('campaign', '-patients_to_vaccinate', 'practitioner'),
                    'constraints': [models.UniqueConstraint(fields=('practitioner', 'campaign'), name='one_visit_a_campaign'), models.CheckConstraint(condition=models.Q(('visited_on', None), models.Q(('visited_by', ''), _negated=True), _connector='OR'), name='visit_signed')],
                },
            ),
            migrations.CreateModel(
                name='ProfessionalVisitEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.professionalvisit')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('id', models.BigIntegerField()),
                    ('practitioner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='directory.practitioner')),
                    ('campaign', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.campaign')),
                    ('fund_code', models.CharField(max_length=32)),
                    ('listed_at', models.DateTimeField()),
                    ('listed_by', models.CharField(max_length=200)),
                    ('patients_to_vaccinate', models.PositiveIntegerField(default=0)),
                    ('planned_on', models.DateField(blank=True, null=True)),
                    ('visited_on', models.DateField(blank=True, null=True)),
                    ('visited_by', models.CharField(blank=True, db_default='', default='', max_length=200)),
                    ('outcome', models.CharField(blank=True, db_default='', default='', max_length=20)),
                    ('ald_list_given', models.BooleanField(db_default=False, default=False)),
                    ('order_form_given', models.BooleanField(db_default=False, default=False)),
                    ('note', models.TextField(blank=True)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='SchemeFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scheme_files', to='campaigns.campaign')),
                    ('scheme', models.CharField(max_length=10)),
                    ('as_of', models.DateField()),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('persons', models.PositiveIntegerField()),
                    ('content_hash', models.CharField(max_length=64)),
                    ('written_at', models.DateTimeField()),
                    ('written_by', models.CharField(max_length=200)),
                    ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                    ('acknowledged_persons', models.PositiveIntegerField(blank=True, null=True)),
                    ('acknowledgment', models.CharField(blank=True, max_length=500)),
                ],
                options={
                    'verbose_name': 'fichier pour un autre régime',
                    'verbose_name_plural': 'fichiers pour les autres régimes',
                    'ordering': ('-as_of', 'scheme'),
                    'constraints': [models.UniqueConstraint(fields=('campaign', 'scheme', 'as_of'), name='one_scheme_file_a_day')],
                },
            ),
            migrations.CreateModel(
                name='TargetDraft',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='campaigns.campaign')),
                    ('owner', models.CharField(max_length=200)),
                    ('tree', models.JSONField()),
                    ('former', models.JSONField(db_default=[], default=list)),
                    ('written_on', models.DateField()),
                    ('updated_at', models.DateTimeField()),
                ],
                options={
                    'verbose_name': 'brouillon de cible',
                    'verbose_name_plural': 'brouillons de cible',
                    'ordering': ('-updated_at', '-id'),
                    'constraints': [models.UniqueConstraint(fields=('owner', 'campaign'), name='one_draft_an_owner_and_campaign', nulls_distinct=False)],
                },
            ),
            migrations.CreateModel(
                name='WeeklyCapacity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('programme', models.CharField(max_length=40)),
                    ('departement_code', models.CharField(blank=True, max_length=3)),
                    ('week', models.DateField()),
                    ('doses', models.PositiveIntegerField()),
                    ('slots', models.PositiveIntegerField()),
                    ('entered_at', models.DateTimeField()),
                    ('entered_by', models.CharField(max_length=200)),
                ],
                options={
                    'verbose_name': "capacité d'une semaine",
                    'verbose_name_plural': 'capacités par semaine',
                    'ordering': ('programme', 'week', 'departement_code'),
                    'constraints': [models.UniqueConstraint(fields=('programme', 'departement_code', 'week'), name='one_capacity_a_week'), models.CheckConstraint(condition=models.Q(('week__week_day', 2)), name='capacity_from_monday')],
                },
            ),
            migrations.CreateModel(
                name='WeeklyCapacityEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.weeklycapacity')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('id', models.BigIntegerField()),
                    ('programme', models.CharField(max_length=40)),
                    ('departement_code', models.CharField(blank=True, max_length=3)),
                    ('week', models.DateField()),
                    ('doses', models.PositiveIntegerField()),
                    ('slots', models.PositiveIntegerField()),
                    ('entered_at', models.DateTimeField()),
                    ('entered_by', models.CharField(max_length=200)),
                ],
                options={
                    'abstract': False,
                },
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='weeklycapacity',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_weeklycapacityevent" ("departement_code", "doses", "entered_at", "entered_by", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme", "slots", "week") VALUES (OLD."departement_code", OLD."doses", OLD."entered_at", OLD."entered_by", OLD."id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."programme", OLD."slots", OLD."week"); RETURN NULL;', hash='34680646722ab721cb57d6f44f88079ed74565bc', operation='UPDATE', pgid='pgtrigger_update_update_647d6', table='campaigns_weeklycapacity', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='weeklycapacity',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_weeklycapacityevent" ("departement_code", "doses", "entered_at", "entered_by", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme", "slots", "week") VALUES (OLD."departement_code", OLD."doses", OLD."entered_at", OLD."entered_by", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."programme", OLD."slots", OLD."week"); RETURN NULL;', hash='059f991bac8b7d1a36966a33e78b439b400b5fd4', operation='DELETE', pgid='pgtrigger_delete_delete_5440f', table='campaigns_weeklycapacity', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='partnerconsent',
                trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c554d85ef4b03a70760fdf0245e5d3d208bc7e07', operation='DELETE', pgid='pgtrigger_never_deleted_55f50', table='campaigns_partnerconsent', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='partnerconsent',
                trigger=pgtrigger.compiler.Trigger(name='only_withdrawn', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."programme" IS DISTINCT FROM (NEW."programme") OR OLD."given_on" IS DISTINCT FROM (NEW."given_on") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."recorded_by" IS DISTINCT FROM (NEW."recorded_by"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='4b61ab6c07761bfdef581b52daec6d47301d4d8a', operation='UPDATE', pgid='pgtrigger_only_withdrawn_7e115', table='campaigns_partnerconsent', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='plannedshare',
                trigger=pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='133e870eec70d6627bfd7017f09a8a248fcbc0e7', operation='UPDATE OR DELETE', pgid='pgtrigger_never_changed_51c99', table='campaigns_plannedshare', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='professionalmailing',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_professionalmailingevent" ("abandoned_at", "abandoned_by", "approved_at", "approved_by", "audience", "body", "campaign_id", "drafted_at", "drafted_by", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recipients", "sentence", "slug", "subject", "title") VALUES (OLD."abandoned_at", OLD."abandoned_by", OLD."approved_at", OLD."approved_by", OLD."audience", OLD."body", OLD."campaign_id", OLD."drafted_at", OLD."drafted_by", OLD."id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reason", OLD."recipients", OLD."sentence", OLD."slug", OLD."subject", OLD."title"); RETURN NULL;', hash='d819c18a15d5456bbca695f01d98bc1fbc833afa', operation='UPDATE', pgid='pgtrigger_update_update_7b1b3', table='campaigns_professionalmailing', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='professionalmailing',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_professionalmailingevent" ("abandoned_at", "abandoned_by", "approved_at", "approved_by", "audience", "body", "campaign_id", "drafted_at", "drafted_by", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recipients", "sentence", "slug", "subject", "title") VALUES (OLD."abandoned_at", OLD."abandoned_by", OLD."approved_at", OLD."approved_by", OLD."audience", OLD."body", OLD."campaign_id", OLD."drafted_at", OLD."drafted_by", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."recipients", OLD."sentence", OLD."slug", OLD."subject", OLD."title"); RETURN NULL;', hash='7bd9781b676a78b48d252dc00f28de5773f3da86', operation='DELETE', pgid='pgtrigger_delete_delete_99b05', table='campaigns_professionalmailing', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mailingrecipient',
                trigger=pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7f48c9d7e78432a2e73b4b84bfdefe40e099cafe', operation='UPDATE OR DELETE', pgid='pgtrigger_never_changed_1ae40', table='campaigns_mailingrecipient', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='professionalvisit',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_professionalvisitevent" ("ald_list_given", "campaign_id", "fund_code", "id", "listed_at", "listed_by", "note", "order_form_given", "outcome", "patients_to_vaccinate", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "planned_on", "practitioner_id", "visited_by", "visited_on") VALUES (OLD."ald_list_given", OLD."campaign_id", OLD."fund_code", OLD."id", OLD."listed_at", OLD."listed_by", OLD."note", OLD."order_form_given", OLD."outcome", OLD."patients_to_vaccinate", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."planned_on", OLD."practitioner_id", OLD."visited_by", OLD."visited_on"); RETURN NULL;', hash='ef316b2c6acae200e5010d290bf0312750e08992', operation='UPDATE', pgid='pgtrigger_update_update_80b0d', table='campaigns_professionalvisit', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='professionalvisit',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_professionalvisitevent" ("ald_list_given", "campaign_id", "fund_code", "id", "listed_at", "listed_by", "note", "order_form_given", "outcome", "patients_to_vaccinate", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "planned_on", "practitioner_id", "visited_by", "visited_on") VALUES (OLD."ald_list_given", OLD."campaign_id", OLD."fund_code", OLD."id", OLD."listed_at", OLD."listed_by", OLD."note", OLD."order_form_given", OLD."outcome", OLD."patients_to_vaccinate", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."planned_on", OLD."practitioner_id", OLD."visited_by", OLD."visited_on"); RETURN NULL;', hash='7e365c26163e835bc32cd3b4d8125b576441760d', operation='DELETE', pgid='pgtrigger_delete_delete_b555a', table='campaigns_professionalvisit', when='AFTER')),
            ),
        ]),
    ]
