import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

/** Logs in as a service does that speaks JDBC: URL, user and password. */
public class Login {
    public static void main(String[] given) throws Exception {
        try (Connection open = DriverManager.getConnection(given[0], given[1], System.getenv("PASSWORD"));
                ResultSet rows = open.createStatement().executeQuery("SELECT current_user")) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}
