#!/bin/sh
# What must be there before a service starts: the topics, and the tables in each service's database.
set -eu

aftersales topics apply
DATABASE_URL=$ORDER_TRACKING_DATABASE_URL aftersales migrate order-tracking
DATABASE_URL=$DISPUTE_DATABASE_URL aftersales migrate dispute
DATABASE_URL=$ARBITRATION_DATABASE_URL aftersales migrate arbitration
DATABASE_URL=$NOTIFICATION_DATABASE_URL aftersales migrate notification
