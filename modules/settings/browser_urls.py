"""The addresses that are compiled into what runs in a browser: the app's build arguments.

Next.js writes a variable `NEXT_PUBLIC_...` into the bundle when it is built; at run time it has no effect.
"""

from collections.abc import Mapping
from typing import Final

_OF_FUNCTIONS: Final[Mapping[str, str]] = {
    "ADD_DAILY_FEATURES_AUTOPILOT": "autopilot/addDailyFeatures/add-daily-features-to-event-auth",
    "CALENDAR_TO_QUEUE_AUTH": "schedule-assist/publisherScheduleMeeting/schedule-meeting-to-queue-auth",
    "DELETE_SCHEDULED_EVENT": "autopilot/deleteScheduledEvent/delete-scheduled-event-auth",
    "DELETE_ZOOM_CONFERENCE": "zoom-meeting/delZoomMeet/delete-zoom-meet-auth",
    "EMAIL_MEETING_CANCEL": "email-notification/meeting-cancel-email/meeting-cancel-auth",
    "EMAIL_MEETING_INFO_TO_HOST": "email-notification/meeting-info-host/meeting-info-to-host-auth",
    "EMAIL_MEETING_INVITE": "email-notification/meeting-invite-email/meeting-invite-auth",
    "EVENT_TO_QUEUE_AUTH": "schedule-event/publisherScheduleEvent/schedule-event-auth",
    "EVENT_TO_QUEUE_SHORT_AUTH": "schedule-event/publisherScheduleShortEvent/schedule-short-event-auth",
    "FEATURES_APPLY_TO_EVENTS_AUTH": (
        "features-apply/publish-to-features-worker/features-worker-to-queue-auth"
    ),
    "GOOGLE_ATOMIC_WEB_AUTH_REFRESH": (
        "google-api-auth/googleAtomicWebAuthRefresh/google-atomic-web-auth-refresh"
    ),
    "GOOGLE_CALENDAR_ANDROID_AUTH": (
        "google-api-auth/googleCalendarAndroidAuth/google-calendar-android-auth"
    ),
    "GOOGLE_CALENDAR_ANDROID_AUTH_REFRESH": (
        "google-api-auth/googleCalendarAndroidAuthRefresh/google-calendar-android-auth-refresh"
    ),
    "GOOGLE_CALENDAR_IOS_AUTH_REFRESH": (
        "google-api-auth/googleCalendarIosAuthRefresh/google-calendar-ios-auth-refresh"
    ),
    "GOOGLE_CALENDAR_SYNC": "google-calendar-sync/googleCalendarSync/google-calendar-sync-auth",
    "GOOGLE_PEOPLE_SYNC": "google-calendar-sync/googlePeopleSync/google-contact-sync-auth",
    "METHOD_TO_SEARCH_INDEX_AUTH": "events-search/eventsSearch/events-search-auth",
    "SELF_GOOGLE_CALENDAR_WATCH": (
        "google-calendar-sync/googleCalendarWatch/google-calendar-watch-auth"
    ),
    "ZOOM_CREATE_MEETING": "zoom-meeting/createZoomMeet/create-zoom-meet-auth",
    "ZOOM_DELETE_MEETING": "zoom-meeting/delZoomMeet/delete-zoom-meet-auth",
    "ZOOM_UPDATE_MEETING": "zoom-meeting/updateZoomMeet/update-zoom-meet-auth",
}
"""`NEXT_PUBLIC_X_URL` and the function that it names."""

HANDSHAKE_API: Final = "https://{domain}/v1/functions/handshake-api/createRecurMeetAssists/create-recur-meet-assists-public"

APP_BUILD_ARGS: Final[Mapping[str, str]] = {
    "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_URL": "https://{domain}/v1/graphql",
    "NEXT_PUBLIC_HASURA_GRAPHQL_GRAPHQL_WS_URL": "wss://{domain}/v1/graphql",
    "NEXT_PUBLIC_SUPERTOKENS_API_DOMAIN": "https://{domain}",
    "NEXT_PUBLIC_HANDSHAKE_URL": "https://{domain}/v1/handshake/",
    "NEXT_PUBLIC_ATOMIC_HANDSHAKE_API": HANDSHAKE_API,
    "NEXT_PUBLIC_CHAT_WS_API_URL": "wss://{domain}/v1/chat",
    "NEXT_PUBLIC_GOOGLE_OAUTH_ATOMIC_WEB_API_START_URL": "https://{domain}/api/google/start-oauth",
    "NEXT_PUBLIC_GOOGLE_OAUTH_ATOMIC_WEB_REDIRECT_URL": "https://{domain}/api/google/oauth-callback",
    "NEXT_PUBLIC_GOOGLE_OAUTH_START_URL": "https://{domain}/Auth/google/oauth-start",
    "NEXT_PUBLIC_ZOOM_OAUTH_START_URL": "https://{domain}/zoom/oauth-start",
    **{
        f"NEXT_PUBLIC_{name}_URL": f"https://{{domain}}/v1/functions/{path}"
        for name, path in _OF_FUNCTIONS.items()
    },
}
