"""A mailing's life: scheduled, started, paused, resumed, asked about, cancelled."""
